// SPDX-License-Identifier: MIT

import PortableReducers
import Testing

@Suite("JSON that reducers write", .timeLimit(.minutes(5)))
struct JSONOutputTests {
    private func written(_ body: (inout JSONOutput) -> Void) -> String {
        var json = JSONOutput()
        body(&json)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    @Test("Commas come by themselves")
    func commas() {
        let nested = written { json in
            json.object {
                $0.member("a", 1)
                $0.key("b")
                $0.array {
                    $0.value(true)
                    $0.object { _ in }
                    $0.array { _ in }
                    $0.value("x")
                }
                $0.member(named: "\"", [1, 2] as [Int64])
                $0.member("c", nil as Int?)
            }
        }
        #expect(nested == #"{"a":1,"b":[true,{},[],"x"],"\"":[1,2],"c":null}"#)
    }

    @Test("Numbers are printed as JavaScript prints them")
    func numbers() {
        let numbers: [Double] = [0.1, 1e21, -0.0, .leastNonzeroMagnitude, .infinity, .nan, 3]
        #expect(written { $0.value(numbers) } == "[0.1,1e+21,0,5e-324,null,null,3]")
        #expect(written { $0.value(Int64.min) } == "-9223372036854775808")
    }

    @Test("A window has the elements that are there")
    func windows() throws {
        func window(_ request: String, of count: Int) throws -> Range<Int> {
            try #require(ViewRequest(Array(request.utf8))).window(of: count)
        }
        #expect(try window(#"["m",{"last":3}]"#, of: 10) == 7..<10)
        #expect(try window(#"["m",{"last":30}]"#, of: 10) == 0..<10)
        #expect(try window(#"["m",{"first":2,"count":3}]"#, of: 10) == 2..<5)
        #expect(try window(#"["m",{"first":8,"count":1e300}]"#, of: 10) == 8..<10)
        #expect(try window(#"["m",{"first":1e999}]"#, of: 10) == 10..<10)
        #expect(try window(#"["m",{"first":-1,"last":-5}]"#, of: 300) == 200..<300)
        #expect(try window(#"["m"]"#, of: 300) == 200..<300)
        #expect(try window(#"["m",5]"#, of: 0) == 0..<0)
        for request in ["", "[]", "{}", "[5]", "null", "\"m\""] {
            #expect(ViewRequest(Array(request.utf8)) == nil, "\(request)")
        }
    }

    @Test("A list that grows is an array, and its copies do not see each other")
    func growing() {
        var list = GrowingList<Int>()
        var array: [Int] = []
        var copies: [(GrowingList<Int>, Int)] = []
        for number in 0..<1_500 {
            if number % 100 == 99 { copies.append((list, number)) }
            list.append(number)
            array.append(number)
        }
        list[3] = -3
        array[3] = -3
        #expect(list.elementsEqual(array))
        #expect(list.count == 1_500)
        #expect(list.jsonBytes == array.jsonBytes)
        for (copy, count) in copies { #expect(copy.elementsEqual(0..<count)) }
        #expect(GrowingList<Int>().isEmpty)
    }
}
