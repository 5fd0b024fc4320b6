/**
 * The demonstration that {@code ./demo} runs.
 */
@NullMarked
package io.github.gracefulupgrade.test.demo;

import org.jspecify.annotations.NullMarked;
