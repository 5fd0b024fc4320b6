/**
 * The successor as a process that the incumbent starts: its command line, its
 * environment, its output, its end. Knows the JDK only.
 */
@NullMarked
package io.github.gracefulupgrade.spawn;

import org.jspecify.annotations.NullMarked;
