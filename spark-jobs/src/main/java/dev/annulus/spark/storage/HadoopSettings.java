package dev.annulus.spark.storage;

import dev.annulus.config.SparkSettings;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.deploy.SparkHadoopUtil;

/** Hadoop's configuration with what Spark was told of it ({@code spark.hadoop.*}). */
public final class HadoopSettings {
  private HadoopSettings() {}

  /** Of this process: the application's, on the driver and on executors. */
  public static Configuration ofProcess() {
    SparkEnv application = SparkEnv.get();
    return of(application == null ? new SparkConf(true) : application.conf());
  }

  /** Of this process; where no application runs, with the settings that it will have. */
  public static Configuration before(SparkSettings settings) {
    if (SparkEnv.get() != null) {
      return ofProcess();
    }
    SparkConf conf = new SparkConf(true);
    settings.conf().forEach(conf::set);
    return of(conf);
  }

  private static Configuration of(SparkConf conf) {
    return SparkHadoopUtil.get().newConfiguration(conf);
  }
}
