/**
 * Upgrades this starter and its peers under the same load, and draws what came of it.
 */
@NullMarked
package io.github.gracefulupgrade.benchmark;

import org.jspecify.annotations.NullMarked;
