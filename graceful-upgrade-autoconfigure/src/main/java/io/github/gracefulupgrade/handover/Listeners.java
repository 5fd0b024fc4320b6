package io.github.gracefulupgrade.handover;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * The listening sockets of this instance. Used by the control thread only; none of these
 * methods waits.
 */
public interface Listeners {

	/**
	 * What this instance listens on, to be offered to a successor.
	 * @return the listeners, with descriptors that are lent and stay open
	 */
	List<Message.Listener> current();

	/**
	 * Keep listeners that an incumbent offered, for the web servers that start next.
	 * @param offered the listeners; their descriptors belong to this object from now on
	 */
	void inherit(List<Message.Listener> offered);

	/**
	 * Let the web servers that start next listen where nobody finds them, and only note
	 * which of the incumbent's listeners they would take over.
	 * @param incumbents the incumbent's listeners, without descriptors
	 */
	void rehearse(List<Message.Listener> incumbents);

	/**
	 * The listeners that web servers of this instance took over, and so far do not accept
	 * on. Closes those that nobody took.
	 * @return their names
	 */
	List<String> settle();

	/**
	 * The adopted listeners on which established connections of the incumbent's can be
	 * served on.
	 * @return their names, as the incumbent offered them
	 */
	Set<String> movable();

	/**
	 * Accept connections: opens the gate behind which a successor's listeners wait.
	 */
	void open();

	/**
	 * As {@link #open()}, beside a predecessor that accepts, too: listeners that it
	 * handed over may accept for a part of the time only at first, which grows.
	 * @param over how long both are to accept; at its end at the latest this instance
	 * accepts all the time
	 */
	void acceptMore(Duration over);

	/**
	 * Accept on beside a successor, which comes first for a moment: for a part of the
	 * time only that may shrink, until {@link #pause}. Does nothing to listeners that do
	 * not accept.
	 * @param listeners the names of the listeners that the successor accepts on
	 * @param over how long both are to accept
	 */
	void acceptLess(Collection<String> listeners, Duration over);

	/**
	 * End what {@link #acceptMore} or {@link #acceptLess} began: nobody else may accept
	 * any more. Does nothing to listeners that do not accept.
	 */
	void acceptAll();

	/**
	 * Stop accepting on what a successor accepts on, but keep the listening sockets: what
	 * connects now waits in their queues, which the other process serves. Accept on where
	 * nobody else does: those listeners close with this process.
	 * @param listeners the names of the listeners that the successor accepts on
	 */
	void pause(Collection<String> listeners);

	/**
	 * Accept again.
	 */
	void resume();

	/**
	 * Close inherited listeners that no web server took.
	 */
	void discard();

}
