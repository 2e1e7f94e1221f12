import Testing

@testable import YajlJSON
