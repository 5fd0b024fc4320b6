/**
 * What makes the sample application share its port with another process.
 */
@NullMarked
package io.github.gracefulupgrade.benchmark.reuseport;

import org.jspecify.annotations.NullMarked;
