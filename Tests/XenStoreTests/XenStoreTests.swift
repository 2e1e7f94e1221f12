import Testing

@testable import XenStore
