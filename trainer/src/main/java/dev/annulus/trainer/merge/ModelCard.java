package dev.annulus.trainer.merge;

/** {@code README.md} of a merged model: what it is made of, so that it can be made again. */
final class ModelCard {
  private ModelCard() {}

  static String of(MergeRequest request, MergeReport report) {
    StringBuilder text = new StringBuilder();
    text.append("---\nbase_model: ").append(quoted(request.base().toString()));
    text.append("\ntags: [merge, annulus]\n---\n\n# Merged model\n\n");
    text.append("Made by `annulus merge` from ")
        .append(report.models().size())
        .append(" models that were fine-tuned from one base, by the method `")
        .append(request.method().method().yamlName())
        .append("`. No data and no training.\n\n");
    text.append("Base: `").append(request.base()).append("`, sha256 of its weights `");
    text.append(report.baseSha256()).append("`\n\n");
    ReportTable.models(text, report);
    text.append("The hashes are of the weights, whatever files they lie in. ");
    text.append("`merge_report.md` and `merge_report.json` say what happened to each weight.\n\n");
    text.append("```yaml\n").append(request.configYaml().strip()).append("\n```\n");
    return text.toString();
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
