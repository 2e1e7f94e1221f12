import Glibc
import SystemPackage

/// The nodes of a xenstored, with the number of each node's last change.
struct StoreTree: Sendable {
    struct Node: Hashable, Sendable {
        var value: [UInt8] = []
        /// As the wire has them: "n0", "r5".
        var permissions: [String]
        var children: [String] = []
    }

    enum Change: Sendable {
        case write(String, [UInt8])
        case makeDirectory(String)
        case remove(String)
        case setPermissions(String, [String])
    }

    private(set) var nodes: [String: Node] = ["/": Node(permissions: ["n0"])]
    /// Counts changes.
    private(set) var clock: UInt64 = 0
    private var changes: [String: UInt64] = [:]

    /// The paths of which what a change does depends on what was there.
    static func paths(of change: Change) -> [String] {
        switch change {
        case .write(let path, _), .makeDirectory(let path), .remove(let path), .setPermissions(let path, _):
            [path, parent(path)]
        }
    }

    /// Whether any of the paths was changed after a moment.
    func haveChanged(_ paths: Set<String>, since moment: UInt64) -> Bool {
        paths.contains { changes[$0, default: 0] > moment }
    }

    /// - Returns: the path of which watches tell; nil when nothing changed.
    mutating func apply(_ change: Change) throws(Errno) -> String? {
        clock += 1
        switch change {
        case .write(let path, let bytes):
            create(path)
            nodes[path]?.value = bytes
            changes[path] = clock
            return path
        case .makeDirectory(let path):
            guard nodes[path] == nil else { return nil }
            create(path)
            return path
        case .remove(let path):
            guard path != "/" else { throw .invalidArgument }
            guard nodes[path] != nil else {
                guard nodes[Self.parent(path)] != nil else { throw .noSuchFileOrDirectory }
                return nil
            }
            for gone in below(path) + [path] {
                nodes[gone] = nil
                changes[gone] = clock
            }
            nodes[Self.parent(path)]?.children.removeAll { Self.child($0, of: Self.parent(path)) == path }
            changes[Self.parent(path)] = clock
            return path
        case .setPermissions(let path, let permissions):
            guard nodes[path] != nil else { throw .noSuchFileOrDirectory }
            nodes[path]?.permissions = permissions
            changes[path] = clock
            return path
        }
    }

    /// A node and those above it that are missing; new ones get their parents' permissions.
    private mutating func create(_ path: String) {
        guard nodes[path] == nil else { return }
        let parent = Self.parent(path)
        create(parent)
        nodes[path] = Node(permissions: nodes[parent]?.permissions ?? ["n0"])
        nodes[parent]?.children.append(String(path.dropFirst(parent == "/" ? 1 : parent.utf8.count + 1)))
        changes[path] = clock
        changes[parent] = clock
    }

    /// Every path below a node's.
    func below(_ path: String) -> [String] {
        (nodes[path]?.children ?? []).map { Self.child($0, of: path) }.flatMap { below($0) + [$0] }
    }

    static func child(_ name: String, of path: String) -> String { (path == "/" ? "" : path) + "/" + name }

    static func parent(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }
}
