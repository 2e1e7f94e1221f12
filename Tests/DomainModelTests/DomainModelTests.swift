import Testing

@testable import DomainModel
