/**
 * The wire between two processes: the Unix domain socket, its path and its lock, frames,
 * and the descriptors that travel with them. The only package that knows junixsocket; it
 * implements the ports of {@code handover} and is used through
 * {@link io.github.gracefulupgrade.wire.UnixUpgradeSocket} and
 * {@link io.github.gracefulupgrade.wire.FileOwnershipLock}. The format is described in
 * {@code docs/protocol.md}.
 */
@NullMarked
package io.github.gracefulupgrade.wire;

import org.jspecify.annotations.NullMarked;
