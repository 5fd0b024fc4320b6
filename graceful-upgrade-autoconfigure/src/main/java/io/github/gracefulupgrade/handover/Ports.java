package io.github.gracefulupgrade.handover;

/**
 * All that the roles need of the world.
 *
 * @param control the control thread
 * @param lock the ownership lock
 * @param socket the upgrade socket
 * @param listeners the listening sockets
 * @param connections the accepted connections
 * @param background the background work
 * @param belongings what the application hands over itself
 * @param pidFile the pid file
 * @param exit the way out
 * @param journal the operator's log
 * @param spawner starts successors
 */
public record Ports(ControlThread control, OwnershipLock lock, UpgradeSocket socket, Listeners listeners,
		Connections connections, Background background, Belongings belongings, PidFile pidFile, Exit exit,
		Journal journal, Spawner spawner) {
}
