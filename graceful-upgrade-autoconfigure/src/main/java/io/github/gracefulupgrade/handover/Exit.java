package io.github.gracefulupgrade.handover;

/**
 * The ways out of the process. Called on the control thread; none of these methods waits.
 */
public interface Exit {

	/**
	 * A drain begins that ends with an exit: keep the process alive until then, even
	 * though its web servers may stop meanwhile.
	 */
	void prepare();

	/**
	 * The successor lives no more: this process stays.
	 */
	void cancel();

	/**
	 * Nothing is left to do: close the application and exit, with code 0 unless the
	 * application says otherwise.
	 */
	void leave();

	/**
	 * A successor must not go on, and its main thread does not wait at a gate where it
	 * could be told: exit with code 1.
	 * @param failure why
	 */
	void abort(UpgradeException failure);

}
