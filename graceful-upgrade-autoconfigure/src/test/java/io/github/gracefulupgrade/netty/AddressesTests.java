package io.github.gracefulupgrade.netty;

import java.net.InetSocketAddress;

import io.netty.channel.local.LocalAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class AddressesTests {

	@ParameterizedTest
	@CsvSource({ "127.0.0.1, 127.0.0.1:80", "::1, [0:0:0:0:0:0:0:1]:80", "2001:db8::7, [2001:db8:0:0:0:0:0:7]:80" })
	void readsWhatItWrote(String host, String text) {
		InetSocketAddress address = new InetSocketAddress(host, 80);
		assertThat(Addresses.text(address)).isEqualTo(text);
		assertThat(Addresses.parse(text)).isEqualTo(address);
	}

	@ParameterizedTest
	@ValueSource(strings = { "0.0.0.0", "::" })
	void allInterfacesAreOne(String host) {
		assertThat(Addresses.text(new InetSocketAddress(host, 80))).isEqualTo("*:80");
	}

	@Test
	void aNameIsLookedUpWhereAServerWouldBind() {
		InetSocketAddress named = InetSocketAddress.createUnresolved("127.0.0.1", 80);
		assertThat(Addresses.text(Addresses.resolved(named))).isEqualTo("127.0.0.1:80");
		InetSocketAddress known = new InetSocketAddress("127.0.0.1", 80);
		assertThat(Addresses.resolved(known)).isSameAs(known);
	}

	@Test
	void whatIsNoInternetAddressIsOnlyWritten() {
		assertThat(Addresses.text(new LocalAddress("here"))).contains("here");
		assertThat(Addresses.text(InetSocketAddress.createUnresolved("example.org", 80))).isEqualTo("example.org:80");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", ":", ":80", "80", "127.0.0.1", "127.0.0.1:", "localhost:80", "[::1:80", "::1]:x",
			"127.0.0.1:80000", "127.0.0.1:-1", "*:80" })
	void whatComesFromElsewhereMayBeAnything(String text) {
		assertThatIllegalArgumentException().isThrownBy(() -> Addresses.parse(text));
	}

}
