// SPDX-License-Identifier: MIT

import Scuttlebutt

extension Contributions: Codable {
    private struct Form: Codable {
        var horizon: CompactionHorizon
        var accounts: [AccountForm]
    }

    init(from decoder: any Decoder) throws {
        let form = try Form(from: decoder)
        var accounts: [Source: Account] = [:]
        for account in form.accounts {
            guard let source = Source(account.source), let read = account.account else {
                throw DecodingError.dataCorrupted(
                    .init(
                        codingPath: decoder.codingPath,
                        debugDescription: "the account of \(account.source) is inconsistent"))
            }
            accounts[source] = read
        }
        self.init(accounts: accounts, horizon: form.horizon)
    }

    func encode(to encoder: any Encoder) throws {
        let sorted = accounts.sorted { $0.key < $1.key }
        let forms = sorted.map { AccountForm($0.key, $0.value) }
        try Form(horizon: horizon, accounts: forms).encode(to: encoder)
    }
}

/// The part of one source.
///
/// Absent members are left out.
private struct AccountForm: Codable {
    var source: String
    var floor: Double?
    /// The added and the subtracted sum.
    var sum: [Int64]?
    var upTo: Double?
    var times: [Double]
    var amounts: [Int64]

    init(_ source: Source, _ account: Contributions.Account) {
        self.source = source.text
        floor = account.floor?.value
        sum = account.folded.map { [$0.sum.added, $0.sum.subtracted] }
        upTo = account.folded?.upTo.value
        times = account.entries.map { $0.timestamp.value }
        amounts = account.entries.map { $0.amount }
    }

    /// The account, or `nil` if no sequence of operations leads to it.
    var account: Contributions.Account? {
        var account = Contributions.Account()
        guard times.count == amounts.count, (sum == nil) == (upTo == nil) else { return nil }
        if let floor {
            guard let timestamp = Timestamp(floor) else { return nil }
            account.floor = timestamp
        }
        if let sum, let upTo {
            guard sum.count == 2, sum.allSatisfy({ $0 >= 0 }), let timestamp = Timestamp(upTo)
            else { return nil }
            let total = Contributions.Sum(added: sum[0], subtracted: sum[1])
            account.folded = .init(sum: total, upTo: timestamp)
        }
        for (time, amount) in zip(times, amounts) {
            guard let timestamp = Timestamp(time) else { return nil }
            account.insert(amount, at: timestamp)
        }
        return account
    }
}
