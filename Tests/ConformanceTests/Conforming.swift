import Configuration
import TestSupport
import Translation

extension TestSetup {
  /// The setup under the statement `conformance rfc`, whose values hold for all that the setup leaves open.
  var conforming: Self {
    with { setup in
      setup.translation.timeouts = Conformance.rfc.timeouts
      setup.translation.settings = Conformance.rfc.settings
      setup.translation.limits.allHosts = Conformance.rfc.sessionsPerHost
      for index in setup.translation.dynamicRules.indices {
        setup.translation.dynamicRules[index].mapping = Conformance.rfc.rules.mapping
        setup.translation.dynamicRules[index].filtering = Conformance.rfc.rules.filtering
        setup.translation.dynamicRules[index].pooling = Conformance.rfc.rules.pooling
        setup.translation.dynamicRules[index].ports = Conformance.rfc.rules.ports
      }
    }
  }

  /// The setup with a change to its dynamic rules.
  func withRules(_ change: (inout DynamicRule) -> Void) -> Self {
    with { setup in
      for index in setup.translation.dynamicRules.indices { change(&setup.translation.dynamicRules[index]) }
    }
  }
}
