/**
 * The conventions of systemd: socket activation.
 */
@NullMarked
package io.github.gracefulupgrade.systemd;

import org.jspecify.annotations.NullMarked;
