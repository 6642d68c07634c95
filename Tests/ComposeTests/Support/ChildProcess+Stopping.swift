import Glibc

extension ChildProcess {
    /// Returns when it stands still, or has ended; whether it stands still.
    func standsStill() async throws -> Bool {
        try await offThePool { [pid] in
            var information = siginfo_t()
            while waitid(P_PID, id_t(pid), &information, WSTOPPED | WEXITED | WNOWAIT) != 0 {
                guard errno == EINTR else { throw Trouble(String(cString: strerror(errno))) }
            }
            return information.si_code == CLD_STOPPED
        }
    }
}
