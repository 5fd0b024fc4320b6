package io.github.gracefulupgrade.netty;

/**
 * What a listener's connections have in common.
 *
 * @param name the server's name, under which they are handed over
 * @param movable whether they may be handed over: plaintext HTTP/1.1 without a PROXY
 * protocol header that the next process would miss
 */
record ListenerTraits(String name, boolean movable) {
}
