// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace audiosocket {

/// A ring buffer that grows when it is full and otherwise allocates nothing.
///
/// A popped element is not destroyed: its slot is used again with the memory that it owns. So a queue of vectors soon
/// allocates nothing. An empty queue starts again at its first slot, so that a short queue uses few slots and little
/// memory.
template <class T>
class ring {
  public:
    bool empty() const noexcept { return size_ == 0; }
    std::size_t size() const noexcept { return size_; }
    std::size_t slots() const noexcept { return slot_count_; }

    T& front() noexcept { return (*this)[0]; }
    T& back() noexcept { return (*this)[size_ - 1]; }
    T& operator[](std::size_t i) noexcept {
        assert(i < size_);
        return slots_[(first_ + i) & (slot_count_ - 1)];
    }
    const T& operator[](std::size_t i) const noexcept { return const_cast<ring&>(*this)[i]; }

    /// Adds the next slot to the queue and returns it, with its old content.
    T& push() {
        if (size_ == slot_count_) grow_to(std::max<std::size_t>(1, slot_count_ * std::size_t{2}));
        ++size_;
        return back();
    }

    /// Makes room for this many more elements, so that as many calls of push() allocate nothing.
    void make_room(std::size_t more) {
        if (slot_count_ - size_ < more) grow_to(std::bit_ceil(size_ + more));
    }

    void pop() noexcept {
        assert(size_ > 0);
        first_ = --size_ == 0 ? 0 : (first_ + 1) & (slot_count_ - 1);
    }

    /// Removes element `i`; the others keep their order. Moves the elements before it or those behind it, whichever are
    /// fewer.
    void erase(std::size_t i) noexcept {
        assert(i < size_);
        if (i < size_ / 2) {
            for (; i > 0; --i)
                std::swap((*this)[i], (*this)[i - 1]);
            return pop();
        }
        for (; i + 1 < size_; ++i)
            std::swap((*this)[i], (*this)[i + 1]);
        if (--size_ == 0) first_ = 0;
    }

    void clear() noexcept { first_ = size_ = 0; }

    /// Empties the queue and frees all memory.
    void release() noexcept { *this = ring{}; }

  private:
    void grow_to(std::size_t count) {
        auto larger = std::make_unique<T[]>(count);
        for (std::size_t i = 0; i < size_; ++i)
            larger[i] = std::move((*this)[i]);
        slots_ = std::move(larger);
        slot_count_ = static_cast<std::uint32_t>(count);
        first_ = 0;
        assert(std::has_single_bit(slot_count_));
    }

    // Small, because every connection has three of these: no vector, and 32-bit numbers. Each queue is limited far
    // below that.
    std::unique_ptr<T[]> slots_;
    std::uint32_t slot_count_ = 0; // a power of two, so that the circle closes with a mask
    std::uint32_t first_ = 0;
    std::uint32_t size_ = 0;
};

} // namespace audiosocket
