import Events
import Synchronization
import Testing

@Suite struct BoundedWorkTests {
    @Test func resultsStandAtTheirElementsPlacesAndNoMoreRunThanAllowed() async {
        let running = Mutex((now: 0, most: 0))
        let results = await (0..<20).concurrentMap(atMost: 3) { number in
            running.withLock {
                $0.now += 1
                $0.most = max($0.most, $0.now)
            }
            for _ in 0..<(number % 5) { await Task.yield() }
            running.withLock { $0.now -= 1 }
            return number * 2
        }
        #expect(results == (0..<20).map { $0 * 2 })
        #expect(running.withLock(\.most) == 3)
    }

    @Test func whatHasNotBegunIsLeftWhenTheTaskIsCancelled() async {
        let results = await Task {
            await (0..<4).concurrentMap(atMost: 1) { number in
                if number == 1 { withUnsafeCurrentTask { $0?.cancel() } }
                return number
            }
        }.value
        #expect(results == [0, 1, 2, 3], "the work's own task is another one")
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return await (0..<4).concurrentMap(atMost: 2) { $0 }
        }
        task.cancel()
        #expect(await task.value == [nil, nil, nil, nil])
    }

    @Test func nothingIsDoneForNothing() async {
        let results = await [Int]().concurrentMap(atMost: 2) { $0 }
        #expect(results.isEmpty)
    }
}
