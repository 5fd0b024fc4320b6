/**
 * The conventions of systemd: socket activation, and telling the service manager how the
 * process is.
 */
@NullMarked
package io.github.gracefulupgrade.systemd;

import org.jspecify.annotations.NullMarked;
