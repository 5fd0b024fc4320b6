/**
 * Requests to the application's own web server, in private, before anybody else can reach
 * it.
 */
@NullMarked
package io.github.gracefulupgrade.warmup;

import org.jspecify.annotations.NullMarked;
