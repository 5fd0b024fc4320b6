/**
 * Actuator's part: the endpoint.
 */
@NullMarked
package io.github.gracefulupgrade.actuate;

import org.jspecify.annotations.NullMarked;
