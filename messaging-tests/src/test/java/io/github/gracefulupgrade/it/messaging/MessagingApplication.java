package io.github.gracefulupgrade.it.messaging;

import jakarta.jms.ConnectionFactory;
import org.apache.activemq.ActiveMQConnectionFactory;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.jms.annotation.JmsListener;

/**
 * An application that takes orders from a queue, as a user would write it.
 */
@SpringBootApplication
public class MessagingApplication {

	public static void main(String[] args) {
		SpringApplication.run(MessagingApplication.class, args);
	}

	@Bean
	ConnectionFactory connectionFactory(@Value("${broker.url}") String url) {
		return new ActiveMQConnectionFactory(url);
	}

	@JmsListener(destination = "orders", concurrency = "2")
	void order(String order) throws InterruptedException {
		Thread.sleep(20);
		System.out.println("handled " + order);
	}

}
