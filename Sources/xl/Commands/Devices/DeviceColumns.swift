import XenToolstack

// What lists of several classes show alike.

extension Field where Subject: ListedDevice {
    static var domid: Field { Field("domid") { $0.device.address.domain.rawValue } }
    static var deviceNumber: Field { Field("device_number") { $0.device.address.id } }
    static var backendDomid: Field { Field("backend_domid") { $0.device.address.backendDomain.rawValue } }
    static var state: Field { Field("state") { $0.device.state?.name } }
    static var backendPath: Field { Field("backend_path") { $0.device.address.backend.description } }
    static var frontendPath: Field { Field("frontend_path") { $0.device.address.frontend.description } }

    /// A node of the record.
    static func record(_ node: String, as name: String? = nil) -> Field {
        Field(name ?? node.memberName) { $0.device.record[node] }
    }

    /// A number that the guest wrote.
    static func number(_ node: String, as name: String? = nil) -> Field {
        Field(name ?? node.memberName) { $0.device.number(node) }
    }
}

extension Field where Subject == DevicePart {
    static func text(_ node: String) -> Field { Field(node.memberName) { $0.values[node] } }
    static func number(_ node: String) -> Field { Field(node.memberName) { $0.number(node) } }
}

extension String {
    /// The name of the member of a document that holds the node.
    fileprivate var memberName: String { replacing("-", with: "_") }
}

extension TableColumn where Row: ListedDevice {
    static func number(_ heading: String, _ width: Int, _ side: Side = .left) -> TableColumn {
        TableColumn(heading, width, side) { "\($0.device.address.id)" }
    }

    static func backend(_ width: Int) -> TableColumn {
        TableColumn("BE", width) { "\($0.device.address.backendDomain)" }
    }

    /// A number that the guest wrote; -1 stands for one that is not there.
    static func node(_ node: String, _ heading: String, _ width: Int, _ side: Side = .left) -> TableColumn {
        TableColumn(heading, width, side) { $0.device.numberText(node) }
    }

    static func backendPath(headingWidth: Int = 30) -> TableColumn {
        TableColumn("BE-path", 30, headingWidth: headingWidth) { $0.device.address.backend.description }
    }
}

extension DeviceStatus {
    /// A number of the frontend; -1 stands for one that is not there.
    func numberText(_ node: String) -> String { "\(number(node) ?? -1)" }
}
