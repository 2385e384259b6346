package dev.annulus.spark.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * The templates for Kubernetes, read with the classes of Kubernetes' own schema that Spark uses: a
 * field that it does not know is an error.
 */
final class KubernetesFilesTest {
  private static final Path FOLDER =
      Path.of(System.getProperty("annulus.repository"), "cluster-config");

  private static final ObjectMapper STRICT =
      new ObjectMapper()
          .setAnnotationIntrospector(
              new JacksonAnnotationIntrospector() {
                private static final long serialVersionUID = 1L;

                // The classes keep what they do not know; here it is refused.
                @Override
                public Boolean hasAnySetter(Annotated annotated) {
                  return false;
                }
              });

  @Test
  void executorsHaveRoomInSharedMemory() throws IOException {
    PodSpec spec =
        STRICT.convertValue(documents("executor-pod.yaml").getFirst(), Pod.class).getSpec();
    Container container = spec.getContainers().getFirst();
    assertThat(container.getName()).isEqualTo("spark-kubernetes-executor");
    VolumeMount shm =
        container.getVolumeMounts().stream()
            .filter(mount -> mount.getMountPath().equals("/dev/shm"))
            .findFirst()
            .orElseThrow();
    Volume volume =
        spec.getVolumes().stream()
            .filter(found -> found.getName().equals(shm.getName()))
            .findFirst()
            .orElseThrow();
    assertThat(volume.getEmptyDir().getMedium()).isEqualTo("Memory");
    assertThat(volume.getEmptyDir().getSizeLimit().getNumericalAmount().longValue())
        .isGreaterThanOrEqualTo(8L << 30);
    assertAllMounted(spec);
    assertThat(spec.getAffinity().getNodeAffinity()).isNotNull();
    assertThat(spec.getSecurityContext().getRunAsNonRoot()).isTrue();
  }

  @Test
  void theDriverSeesTheRuns() throws IOException {
    PodSpec spec =
        STRICT.convertValue(documents("driver-pod.yaml").getFirst(), Pod.class).getSpec();
    assertThat(spec.getContainers().getFirst().getName()).isEqualTo("spark-kubernetes-driver");
    assertAllMounted(spec);
    // Spark overrides it: a template that says otherwise promises what does not happen.
    assertThat(spec.getRestartPolicy()).isNull();
  }

  @Test
  void aDriverThatDiesIsStartedAgainByAJob() throws IOException {
    List<Object> documents = documents("driver-job.yaml");
    Service service = STRICT.convertValue(documents.get(0), Service.class);
    Job job = STRICT.convertValue(documents.get(1), Job.class);
    PodSpec spec = job.getSpec().getTemplate().getSpec();
    assertThat(spec.getRestartPolicy()).isEqualTo("Never");
    assertThat(job.getSpec().getBackoffLimit()).isPositive();
    assertThat(job.getSpec().getTemplate().getMetadata().getLabels())
        .containsAllEntriesOf(service.getSpec().getSelector());
    assertThat(
            job.getSpec().getPodFailurePolicy().getRules().getFirst().getOnExitCodes().getValues())
        .containsExactly(2);
    List<String> arguments = spec.getContainers().getFirst().getArgs();
    assertThat(arguments)
        .contains(
            "spark.driver.host=" + service.getMetadata().getName(),
            "spark.driver.port=" + service.getSpec().getPorts().getFirst().getPort(),
            "dev.annulus.spark.Annulus");
    // What is named in the image is put there.
    String dockerfile = Files.readString(FOLDER.resolve("docker/Dockerfile"));
    arguments.stream()
        .map(argument -> argument.substring(argument.indexOf('=') + 1))
        .filter(argument -> argument.startsWith("/opt/annulus/"))
        .forEach(file -> assertThat(dockerfile).contains(Path.of(file).getFileName().toString()));
    assertAllMounted(spec);
  }

  @Test
  void aFieldThatKubernetesDoesNotKnowIsAnError() {
    assertThatThrownBy(
            () -> STRICT.convertValue(Map.of("spec", Map.of("restartPolice", "Never")), Pod.class))
        .hasMessageContaining("restartPolice");
  }

  private static void assertAllMounted(PodSpec spec) {
    List<String> volumes = spec.getVolumes().stream().map(Volume::getName).toList();
    for (Container container : spec.getContainers()) {
      assertThat(container.getVolumeMounts().stream().map(VolumeMount::getName).toList())
          .isSubsetOf(volumes);
    }
  }

  private static List<Object> documents(String file) throws IOException {
    List<Object> documents = new ArrayList<>();
    new Load(LoadSettings.builder().build())
        .loadAllFromString(Files.readString(FOLDER.resolve("kubernetes").resolve(file)))
        .forEach(documents::add);
    return documents;
  }
}
