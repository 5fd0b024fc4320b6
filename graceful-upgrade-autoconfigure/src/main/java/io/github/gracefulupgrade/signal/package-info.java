/**
 * SIGQUIT, the signal that triggers an upgrade, and other things that the JDK has no way
 * for: SIGHUP, and the standard streams. The only package that knows JNA; of the JVM it
 * needs the JVM Tool Interface, which tells when a thread dump was asked for.
 */
@NullMarked
package io.github.gracefulupgrade.signal;

import org.jspecify.annotations.NullMarked;
