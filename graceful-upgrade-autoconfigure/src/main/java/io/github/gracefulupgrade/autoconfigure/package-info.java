/**
 * The wiring: properties, lifecycles, and failure analyses.
 */
@NullMarked
package io.github.gracefulupgrade.autoconfigure;

import org.jspecify.annotations.NullMarked;
