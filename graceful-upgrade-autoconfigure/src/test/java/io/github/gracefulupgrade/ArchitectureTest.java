package io.github.gracefulupgrade;

import java.util.Set;
import java.util.stream.Stream;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

/**
 * Holds the plan of the house: a package is a room, each third-party library is known to
 * one room only, and dependencies point at the handover, never out of it.
 */
@AnalyzeClasses(packages = ArchitectureTest.ROOT, importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

	static final String ROOT = "io.github.gracefulupgrade";

	private static final String HANDOVER = ROOT + ".handover..";

	private static final String WIRE = ROOT + ".wire..";

	private static final String SIGNAL = ROOT + ".signal..";

	private static final String NETTY = ROOT + ".netty..";

	private static final String SPAWN = ROOT + ".spawn..";

	private static final String SYSTEMD = ROOT + ".systemd..";

	private static final String WARMUP = ROOT + ".warmup..";

	private static final String AUTOCONFIGURE = ROOT + ".autoconfigure..";

	private static final String ACTUATE = ROOT + ".actuate..";

	private static final String JNA = "com.sun.jna..";

	private static final String JDK_SIGNALS = "sun.misc..";

	private static final String JUNIXSOCKET = "org.newsclub..";

	private static final String[] REACTOR = { "reactor.core..", "reactor.util..", "org.reactivestreams.." };

	private static final String[] REACTOR_NETTY = { "reactor.netty..", "io.netty.." };

	private static final String[] SPRING = { "org.springframework..", "org.apache.commons.logging.." };

	private static final String[] ACTUATOR = { "org.springframework.boot.actuate..",
			"org.springframework.boot.health..", "org.springframework.boot.micrometer..", "io.micrometer.." };

	/**
	 * The exceptions, by name. Boot configures its servers in terms of these: the wiring
	 * takes them from Boot and passes them to the room that knows what they are.
	 */
	private static final Set<String> PASSED_ON = Set.of("reactor.netty.DisposableServer",
			"reactor.netty.http.HttpResources", "reactor.netty.transport.ServerTransport",
			"reactor.netty.transport.ServerTransportConfig", "reactor.netty.http.server.HttpServer",
			"reactor.netty.resources.LoopResources");

	/**
	 * The management server is a server too, and this is how Boot lets it be wired.
	 */
	private static final String MANAGEMENT_CONTEXT = "org.springframework.boot.actuate.autoconfigure.web";

	@ArchTest
	static final ArchRule whatUsersTouch = room(ROOT, knows(HANDOVER).or(springEvents()));

	@ArchTest
	static final ArchRule theHandoverKnowsNobody = room(HANDOVER, knows());

	@ArchTest
	static final ArchRule theWire = room(WIRE, knows(HANDOVER, JUNIXSOCKET));

	@ArchTest
	static final ArchRule theSignal = room(SIGNAL, knows(HANDOVER, JNA, JDK_SIGNALS));

	@ArchTest
	static final ArchRule theConnections = room(NETTY, knows(HANDOVER).or(knows(REACTOR_NETTY)).or(knows(REACTOR)));

	@ArchTest
	static final ArchRule theStartOfASuccessor = room(SPAWN, knows(HANDOVER));

	@ArchTest
	static final ArchRule theServiceManager = room(SYSTEMD, knows(HANDOVER));

	@ArchTest
	static final ArchRule theWarmUp = room(WARMUP, knows(REACTOR_NETTY).or(knows(REACTOR)));

	@ArchTest
	static final ArchRule theWiring = room(AUTOCONFIGURE,
			knows(ROOT, HANDOVER, WIRE, SIGNAL, NETTY, SPAWN, SYSTEMD, WARMUP)
				.or(knows(SPRING).and(resideOutsideOfPackages(ACTUATOR)))
				.or(knows(REACTOR))
				.or(DescribedPredicate.describe("are passed on", (type) -> PASSED_ON.contains(type.getName())))
				.or(knows(MANAGEMENT_CONTEXT)));

	@ArchTest
	static final ArchRule theEndpoint = room(ACTUATE,
			knows(ROOT, HANDOVER, AUTOCONFIGURE).or(knows(SPRING)).or(knows(ACTUATOR)).or(knows(REACTOR)));

	@ArchTest
	static final ArchRule everyClassIsInARoom = classes().should()
		.resideInAnyPackage(ROOT, HANDOVER, WIRE, SIGNAL, NETTY, SPAWN, SYSTEMD, WARMUP, AUTOCONFIGURE, ACTUATE);

	/**
	 * Some rooms are still empty.
	 */
	private static ArchRule room(String room, DescribedPredicate<JavaClass> neighbours) {
		return classes().that()
			.resideInAPackage(room)
			.should()
			.onlyDependOnClassesThat(
					knows(room, "java..", "javax.management..", "com.sun.management..", "org.jspecify..")
						.or(neighbours))
			.as("%s knows the JDK, itself and what the plan grants it".formatted(room))
			.allowEmptyShould(true);
	}

	private static DescribedPredicate<JavaClass> knows(String... packages) {
		// An array's package is that of its elements, but a primitive has none.
		String[] all = Stream.concat(Stream.of(""), Stream.of(packages)).toArray(String[]::new);
		return DescribedPredicate.describe("reside in " + String.join(", ", packages),
				(type) -> resideInAnyPackage(all).test(type.getBaseComponentType()));
	}

	private static DescribedPredicate<JavaClass> springEvents() {
		return DescribedPredicate.describe("are events of a Spring context",
				(type) -> type.getPackageName().equals("org.springframework.context.event")
						|| type.getName().startsWith("org.springframework.context.ApplicationEvent"));
	}

}
