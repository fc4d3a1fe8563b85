// SPDX-License-Identifier: MIT

extension FuzzTarget {
    /// Every target, in the order in which they are run.
    public static let all: [FuzzTarget] =
        [
            jsonScanner, jsonString, jsonNumber, jsonMembers, jsonMeaning, versionVector,
            lineDecoder,
            jsonValue, jsonCoding, actionCodec, replica, dispatching,
        ] + models
}
