package io.github.gracefulupgrade.actuate;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.endpoint.EndpointId;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.OperationType;
import org.springframework.boot.actuate.endpoint.invoke.OperationInvoker;
import org.springframework.boot.actuate.endpoint.invoke.OperationInvokerAdvisor;
import org.springframework.boot.actuate.endpoint.invoke.OperationParameters;
import org.springframework.boot.convert.DurationStyle;

/**
 * The query parameter {@code wait} of {@code POST /actuator/upgrade}.
 */
final class WaitParameter implements OperationInvokerAdvisor {

	private static final EndpointId ENDPOINT = EndpointId.of("upgrade");

	private final ObjectProvider<UpgradeEndpoint> endpoint;

	WaitParameter(ObjectProvider<UpgradeEndpoint> endpoint) {
		this.endpoint = endpoint;
	}

	@Override
	public OperationInvoker apply(EndpointId endpointId, OperationType operationType, OperationParameters parameters,
			OperationInvoker invoker) {
		if (!ENDPOINT.equals(endpointId) || operationType != OperationType.WRITE) {
			return invoker;
		}
		return (context) -> {
			Object wait = context.getArguments().get("wait");
			return (wait != null) ? this.endpoint.getObject().upgrade(duration(wait)) : invoker.invoke(context);
		};
	}

	private static Duration duration(@Nullable Object value) {
		try {
			return DurationStyle.detectAndParse(String.valueOf(value));
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidEndpointRequestException("Not a duration: wait=" + value,
					"'wait' must be a duration such as 0s or 30s", ex);
		}
	}

}
