/**
 * Start, load, upgrade and judge real instances of an application. Needs nothing but a
 * JDK, and works with any test framework: whatever does not come true in time, and
 * whatever a client should not have seen, is an {@link java.lang.AssertionError}.
 */
@NullMarked
package io.github.gracefulupgrade.test;

import org.jspecify.annotations.NullMarked;
