package import UpgradeCore

/// What stands between a run that has lost its deployment and the journal that it may no longer write.
package protocol Fence: Sendable {
    /// Throws a fault of kind `owned` when the run must stop changing things. Called before every append.
    func check() throws(Fault)
}
