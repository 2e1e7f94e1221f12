import Testing

@testable import DomainConfig
