/**
 * What users of the starter touch: the phases of an upgrade, the events that announce
 * them, and the facade that tells the state and triggers an upgrade.
 */
@NullMarked
package io.github.gracefulupgrade;

import org.jspecify.annotations.NullMarked;
