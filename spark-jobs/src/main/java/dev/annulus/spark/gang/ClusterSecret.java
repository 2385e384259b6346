package dev.annulus.spark.gang;

import dev.annulus.link.security.PeerSecret;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.spark.SecurityManager;
import org.apache.spark.SparkEnv;

/**
 * The secret that Spark has given to all processes of an application: made by Spark on YARN, on
 * Kubernetes and in local mode, set by the operator ({@code spark.authenticate.secret}) on a
 * standalone cluster.
 */
public final class ClusterSecret {
  private ClusterSecret() {}

  /** Empty where {@code spark.authenticate} is off; must be called in a driver or an executor. */
  public static Optional<PeerSecret> ofThisProcess() {
    SecurityManager security = SparkEnv.get().securityManager();
    return security.isAuthenticationEnabled()
        ? Optional.of(PeerSecret.of(security.getSecretKey().getBytes(StandardCharsets.UTF_8)))
        : Optional.empty();
  }
}
