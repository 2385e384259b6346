package dev.annulus.tree;

import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.annulus.attention.AttentionKernel;
import dev.annulus.device.Device;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Which way the modules lean, and who may know what. */
final class LayeringTest {
  private static final JavaClasses CODE =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.annulus");

  @Test
  void everyClassBelongsToAModule() {
    classes()
        .should()
        .resideInAnyPackage(
            Module.ALL.stream()
                .flatMap(module -> module.packages().stream())
                .toArray(String[]::new))
        .because("the rules here hold for modules: a package that none of them names escapes")
        .check(CODE);
  }

  static List<Module> modules() {
    return Module.ALL;
  }

  @ParameterizedTest
  @MethodSource("modules")
  void modulesLeanOneWay(Module module) {
    classes()
        .that()
        .resideInAnyPackage(module.packages().toArray(String[]::new))
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(module.visible())
        .because("each module is understood, tested and used without those above it")
        .allowEmptyShould(true)
        .check(CODE);
  }

  static List<Door> doors() {
    return Door.ALL;
  }

  @ParameterizedTest
  @MethodSource("doors")
  void foreignWorldsAreEnteredThroughTheirDoors(Door door) {
    noClasses()
        .that()
        .resideOutsideOfPackages(door.doors().toArray(String[]::new))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(door.foreign().toArray(String[]::new))
        .because(door.reason())
        .check(CODE);
  }

  @Test
  void nativeCodeIsCalledFromTheDevice() {
    noClasses()
        .that()
        .resideOutsideOfPackages("dev.annulus.device.cpu..", "dev.annulus.device.cuda..")
        .should()
        .dependOnClassesThat(
            type(java.lang.foreign.Linker.class).or(type(java.lang.foreign.SymbolLookup.class)))
        .because("a wrong call ends the JVM: all of them stand where they are reviewed as such")
        .check(CODE);
  }

  @Test
  void oneFileKnowsJCuda() {
    noClasses()
        .that()
        .haveNameNotMatching(".*\\.CudaDriver(\\$.*)?")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("jcuda..")
        .because("its calls are unchecked and its pointers pin arrays: both stand in one place")
        .check(CODE);
  }

  @Test
  void packagesHaveNoCycles() {
    slices()
        .matching("dev.annulus.(**)")
        .should()
        .beFreeOfCycles()
        // A device hands out its own attention, which is made of the device's tensors and calls:
        // one idea in two packages, for the sake of their size.
        .ignoreDependency(assignableTo(Device.class), assignableTo(AttentionKernel.class))
        .because("what depends on each other is one thing and cannot be understood in parts")
        .check(CODE);
  }

  @Test
  void attentionDoesNotKnowTheRing() {
    noClasses()
        .that()
        .resideInAPackage("dev.annulus.attention..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.annulus.ring..", "dev.annulus.link..", "dev.annulus.collective..")
        .because("a kernel computes blocks on one device, whoever brings them")
        .check(CODE);
  }

  @Test
  void theRingKnowsPortsOnly() {
    noClasses()
        .that()
        .resideInAnyPackage("dev.annulus.ring..", "dev.annulus.collective..")
        .and()
        // Drives the ranks in the virtual time of one network, the simulated.
        .resideOutsideOfPackage("dev.annulus.ring.simulation..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "dev.annulus.link.*..", "dev.annulus.device.*..", "dev.annulus.attention.*..")
        .because("the schedule is the same over every Link and on every Device")
        .allowEmptyShould(true)
        .check(CODE);
  }

  @Test
  void noPackageIsADrawerForOddments() {
    noClasses()
        .should()
        .resideInAnyPackage(
            "..util..", "..utils..", "..common..", "..helper..", "..helpers..", "..misc..")
        .because("a package is named for its idea; what has no idea of its own belongs elsewhere")
        .check(CODE);
  }

  @Test
  void nobodyLogsThroughAFramework() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.util.logging..", "org.apache.log4j..", "org.apache.logging..")
        .because("people read the console, programs read metrics.jsonl, and errors are exceptions")
        .check(CODE);
  }

  @Test
  void onlyTheMainClassEndsTheProcess() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("dev.annulus.spark.Annulus")
        .should()
        .callMethodWhere(
            target(owner(type(System.class).or(type(Runtime.class))))
                .and(target(name("exit").or(name("halt")))))
        .because("a library that ends the process takes the other workers of its JVM with it")
        .check(CODE);
  }

  @Test
  void nobodyReadsJavaObjects() {
    noClasses()
        .should()
        .dependOnClassesThat(
            type(java.io.ObjectInputStream.class).or(type(java.rmi.MarshalledObject.class)))
        .because("bytes from outside are data: what they name must not decide what code runs")
        .check(CODE);
  }

  @Test
  void nobodySleeps() {
    noClasses()
        .should()
        .callMethodWhere(
            target(name("sleep"))
                .and(target(owner(assignableTo(Thread.class).or(type(TimeUnit.class))))))
        .because(
            "a wait is for something: for an event, with a deadline and an error that names it")
        .check(CODE);
  }
}
