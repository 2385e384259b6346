package dev.annulus.spark.job;

import dev.annulus.spark.console.TextTable;
import dev.annulus.spark.console.Units;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Losses (nats a target, lower is better) of a base, its fine-tuned models and the merges of them,
 * each on the data set of each model.
 *
 * @param dataSets names; number i belongs to model i
 * @param base [data set]
 * @param models [model][data set]
 * @param merges R: [merge after model t][data set]
 */
public record ContinualScores(
    List<String> dataSets, double[] base, double[][] models, double[][] merges) {
  /** ACC: mean of the last merge over all data sets. */
  public double accuracy() {
    return mean(merges[merges.length - 1]);
  }

  /**
   * BWT as a sum: what each data set lost from the merge that brought its model in to the last one,
   * R_ii - R_Ti. Below zero: forgotten, as losses grow then.
   */
  private double backwardTransferSum() {
    double sum = 0;
    for (int i = 0; i < merges.length; i++) {
      sum += merges[i][i] - merges[merges.length - 1][i];
    }
    return sum;
  }

  /** BWT over all T data sets, the last of which is always zero. */
  public double backwardTransfer() {
    return backwardTransferSum() / merges.length;
  }

  /** BWT over the T - 1 data sets that can have been forgotten; 0 for one model. */
  public double backwardTransferWithoutLast() {
    return merges.length == 1 ? 0 : backwardTransferSum() / (merges.length - 1);
  }

  /** The matrix for people. */
  public String table() {
    String[] header = new String[dataSets.size() + 2];
    header[0] = "loss on";
    header[header.length - 1] = "mean";
    for (int i = 0; i < dataSets.size(); i++) {
      header[i + 1] = dataSets.get(i);
    }
    TextTable table = new TextTable(header);
    row(table, "base", base);
    for (int m = 0; m < models.length; m++) {
      row(table, "model " + (m + 1), models[m]);
    }
    for (int t = 0; t < merges.length; t++) {
      row(table, "merge of " + (t + 1), merges[t]);
    }
    return table.toString();
  }

  /** ACC and both forms of BWT for people. */
  public String summary() {
    return String.format(
        Locale.ROOT,
        "ACC %.4f (mean loss of the last merge; lower is better)%nBWT %+.4f over T, %+.4f over T -"
            + " 1 (mean of R_ii - R_Ti in nats; below zero: forgotten)",
        accuracy(),
        backwardTransfer(),
        backwardTransferWithoutLast());
  }

  /** For scripts. */
  public Map<String, Object> toJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("data_sets", dataSets);
    json.put("base", base);
    json.put("models", models);
    json.put("merges", merges);
    json.put("acc", accuracy());
    json.put("bwt_over_t", backwardTransfer());
    json.put("bwt_over_t_minus_1", backwardTransferWithoutLast());
    return json;
  }

  private static void row(TextTable table, String name, double[] losses) {
    String[] cells = new String[losses.length + 2];
    cells[0] = name;
    for (int i = 0; i < losses.length; i++) {
      cells[i + 1] = Units.loss(losses[i]);
    }
    cells[cells.length - 1] = Units.loss(mean(losses));
    table.row(cells);
  }

  private static double mean(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum / values.length;
  }
}
