// SPDX-License-Identifier: MIT

extension FuzzTarget {
    /// Every target, in the order in which they are run.
    public static let all: [FuzzTarget] = decoders + machines + models

    private static let decoders = [
        jsonScanner, jsonString, jsonNumber, jsonMembers, jsonMeaning, jsonValue, jsonCoding,
        actionCodec, versionVector, lineDecoder, lineSplitter, webSocket, messageDeflate,
        primusString, wireLineReader, textSaved, reducingState,
    ]
    private static let machines = [
        arrayWriting, editWriting, textEditing, textOperation, reducing, replica, dispatching,
    ]
}
