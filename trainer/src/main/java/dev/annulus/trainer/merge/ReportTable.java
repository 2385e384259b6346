package dev.annulus.trainer.merge;

import java.util.Locale;

/** A report as Markdown: the whole, the models, then every weight. */
final class ReportTable {
  private ReportTable() {}

  static String of(MergeReport report) {
    StringBuilder text = new StringBuilder("# Merge report\n\n");
    text.append("`").append(report.method()).append("`\n\n");
    text.append(
        String.format(
            Locale.ROOT, "%d models, %d of them new. ", report.models().size(), report.added()));
    text.append(
        String.format(
            Locale.ROOT,
            "Mean norm of the task vectors %.6g, of the merged one %.6g (lambda %.6g), scaled by"
                + " %.6g; the output differs from the base by %.6g.%n%n",
            report.meanNorm(),
            report.vectorNorm(),
            report.lambda(),
            report.scale(),
            report.changeNorm()));
    models(text, report);
    tensors(text, report);
    return text.toString();
  }

  static void models(StringBuilder text, MergeReport report) {
    text.append("| model | norm | cosine to the new ones | sha256 |\n|---|---|---|---|\n");
    int before = report.models().size() - report.added();
    for (int m = 0; m < report.models().size(); m++) {
      StringBuilder cosines = new StringBuilder();
      for (int other = 0; m >= before && other < report.added(); other++) {
        cosines.append(
            String.format(
                Locale.ROOT, other == 0 ? "%.3f" : ", %.3f", report.cosines()[m - before][other]));
      }
      MergeReport.Model model = report.models().get(m);
      text.append(
          String.format(
              Locale.ROOT,
              "| %s | %.6g | %s | `%s` |%n",
              model.name(),
              model.norm(),
              cosines,
              model.sha256()));
    }
    text.append('\n');
  }

  private static void tensors(StringBuilder text, MergeReport report) {
    text.append(
        "Each column of a model: norm of its task vector, cosine to what was merged before, ");
    text.append("directions protected (r), share removed.\n\n| weight | shape | merged change |");
    int before = report.models().size() - report.added();
    for (int m = 0; m < report.added(); m++) {
      text.append(String.format(Locale.ROOT, " model %d |", before + m + 1));
    }
    text.append("\n|---|---|---|").append("---|".repeat(report.added())).append('\n');
    for (MergeReport.Tensor tensor : report.tensors()) {
      text.append(
          String.format(
              Locale.ROOT,
              "| %s | %s | %.4g |",
              tensor.name(),
              tensor.shape(),
              tensor.changeNorm()));
      for (MergeReport.Fold fold : tensor.folds()) {
        text.append(
            String.format(
                Locale.ROOT,
                " %.4g, %.3f, %s, %.2f %% |",
                fold.norm(),
                fold.cosine(),
                fold.r() < 0 ? "-" : "r " + fold.r(),
                100 * fold.removed()));
      }
      text.append('\n');
    }
  }
}
