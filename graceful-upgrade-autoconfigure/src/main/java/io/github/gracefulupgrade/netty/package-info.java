/**
 * Reactor Netty's part: adopting listeners instead of binding, the gate in front of them,
 * and tracking and draining what they accepted. The only package that knows Netty and
 * Reactor Netty.
 */
@NullMarked
package io.github.gracefulupgrade.netty;

import org.jspecify.annotations.NullMarked;
