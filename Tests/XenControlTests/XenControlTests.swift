import Testing

@testable import XenControl
