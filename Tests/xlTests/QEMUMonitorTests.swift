import Testing
import XenTypes
import YajlJSON

@testable import xl

@Suite struct QEMUMonitorTests {
    @Test func keepsLinesAndNothingElseThatSteersTheTerminal() {
        #expect(QEMUMonitorCommand.printable("VM status: running\r\n\ta\r\n") == "VM status: running\r\n\ta\r\n")
        #expect(QEMUMonitorCommand.printable("\u{1b}[2J\u{7}") == "\\x1b[2J\\x07")
    }

    @Test func jsonIsAsDescribed() throws {
        let document = QEMUMonitorCommand.document(DomainID(3), "info status", "VM status: running\r\n")
        let text = try YajlEncoder().encode(document)
        #expect(try JSONSchema(named: "qemu-monitor-command").problems(in: text).isEmpty)
    }
}
