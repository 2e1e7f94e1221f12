import Testing

@testable import XenToolstack
