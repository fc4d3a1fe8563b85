// SPDX-License-Identifier: MIT

extension FuzzTarget {
    /// Every target, in the order in which they are run.
    public static let all: [FuzzTarget] = decoders + machines + models

    private static let decoders = [
        jsonScanner, jsonString, jsonNumber, jsonMembers, jsonMeaning, jsonValue, jsonCoding,
        actionCodec, versionVector, lineDecoder, lineSplitter, webSocket, primusString,
    ]
    private static let machines = [replica, dispatching]
}
