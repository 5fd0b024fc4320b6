package io.github.gracefulupgrade.sample;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

import io.github.gracefulupgrade.UpgradeContributor;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Counts visits, in memory, and goes on counting in the next version.
 */
@RestController
class VisitCounter implements UpgradeContributor {

	private final AtomicLong visits = new AtomicLong();

	@GetMapping("/visits")
	Map<String, Long> visit() {
		return Map.of("visits", this.visits.incrementAndGet());
	}

	@Override
	public String getName() {
		return "visits";
	}

	@Override
	public void contribute(Contribution contribution) throws IOException {
		new DataOutputStream(contribution.state("count")).writeLong(this.visits.get());
	}

	@Override
	public void receive(Inheritance inheritance) throws IOException {
		Optional<InputStream> count = inheritance.state("count");
		if (count.isPresent()) {
			this.visits.set(new DataInputStream(count.get()).readLong());
		}
	}

}
