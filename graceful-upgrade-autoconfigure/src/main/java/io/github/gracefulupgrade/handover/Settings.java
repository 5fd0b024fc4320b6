package io.github.gracefulupgrade.handover;

import java.time.Duration;

/**
 * How long the roles wait for what. All durations are positive or zero.
 *
 * @param path the upgrade socket's path, for messages
 * @param application the application's name, for messages
 * @param pid this process
 * @param connectTimeout how long a successor tries to reach an incumbent
 * @param triggerWindow how long a trigger that found no successor is remembered
 * @param readyTimeout how long an incumbent waits for a successor to accept, once it sent
 * the listeners
 * @param closeTimeout how long both accept before the incumbent stops
 * @param gracePeriod how long the incumbent lets requests in flight finish
 */
public record Settings(String path, String application, long pid, Duration connectTimeout, Duration triggerWindow,
		Duration readyTimeout, Duration closeTimeout, Duration gracePeriod) {
}
