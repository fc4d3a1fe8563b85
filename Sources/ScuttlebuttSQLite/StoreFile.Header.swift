// SPDX-License-Identifier: MIT

extension StoreFile {
    /// The fields of an SQLite header that are checked before SQLite opens the file.
    ///
    /// - SeeAlso: <https://www.sqlite.org/fileformat2.html#the_database_header>
    struct Header {
        static let magic = Array("SQLite format 3".utf8) + [0]
        static let byteCount = 100

        let pageByteCount: Int
        let pageCount: Int
        let userVersion: Int
        let applicationID: UInt32

        /// Parses a header; returns `nil` if the bytes do not start with a complete one.
        init?(_ bytes: [UInt8]) {
            guard bytes.count >= Header.byteCount, bytes.starts(with: Header.magic) else {
                return nil
            }
            func number(_ offset: Int) -> UInt32 {
                bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
            }
            let size = Int(bytes[16]) << 8 | Int(bytes[17])
            pageByteCount = size == 1 ? 65_536 : size
            pageCount = Int(number(28))
            userVersion = Int(Int32(bitPattern: number(60)))
            applicationID = number(68)
        }
    }
}
