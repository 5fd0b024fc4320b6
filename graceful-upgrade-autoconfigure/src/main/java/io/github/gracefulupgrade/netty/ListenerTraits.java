package io.github.gracefulupgrade.netty;

/**
 * What a listener's connections have in common.
 *
 * @param name the name under which connections of this listener are handed over: the
 * server's own, or the one that the incumbent gave it
 * @param movable whether they may be handed over: plaintext HTTP/1.1 without a PROXY
 * protocol header that the next process would miss
 */
record ListenerTraits(String name, boolean movable) {
}
