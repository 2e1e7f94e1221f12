import Testing

@testable import xl
