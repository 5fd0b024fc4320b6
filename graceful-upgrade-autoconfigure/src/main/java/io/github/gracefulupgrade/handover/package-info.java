/**
 * The handover: two roles, their state machines, and the ports that they need. Knows the
 * JDK only, and does no I/O of its own, so that every transition can be tested without a
 * process.
 * <p>
 * Everything here runs on one thread, the <em>control thread</em>, unless it says
 * otherwise.
 */
@NullMarked
package io.github.gracefulupgrade.handover;

import org.jspecify.annotations.NullMarked;
