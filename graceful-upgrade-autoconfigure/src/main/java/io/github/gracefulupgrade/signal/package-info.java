/**
 * SIGQUIT, the signal that triggers an upgrade, and other things that the JDK has no way
 * for: SIGHUP, the standard streams, and descriptors that do not block. The only package
 * that knows JNA; of the JVM it needs the JVM Tool Interface, which tells when a thread
 * dump was asked for.
 */
@NullMarked
package io.github.gracefulupgrade.signal;

import org.jspecify.annotations.NullMarked;
