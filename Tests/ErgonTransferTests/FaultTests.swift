import ErgonTransfer
import Testing

@Test("peers do not hear our addresses")
func outline() {
    let said = "Failed to connect to 10.0.0.1 port 4433"
    for cause in [
        TransferFault.Cause.unreachable(said), .broken(said), .untrusted(said),
    ] {
        let fault = TransferFault(cause, at: "10.0.0.1:4433")
        #expect(fault.problem.contains(said))
        #expect(!fault.outline.contains("10.0.0.1") && !fault.outline.isEmpty)
    }
}
